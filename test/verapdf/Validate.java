import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Arrays;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Holds each PDF of a folder against PDF/UA-1 (ISO 14289-1) in one process, and writes one line a file to standard
 * output: `name TAB passed|failed TAB checks TAB clause-test: message; ...`.
 */
public class Validate {
  private static final int FAILURES_TOLD_MAX = 20;

  public static void main(String[] folders) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    for (String folder : folders) {
      File[] files = new File(folder).listFiles((dir, name) -> name.endsWith(".pdf"));
      if (files == null) throw new IllegalArgumentException("Cannot read the folder " + folder);
      Arrays.sort(files);
      for (File file : files) System.out.println(validate(file));
    }
  }

  private static String validate(File file) throws Exception {
    try (InputStream bytes = new FileInputStream(file);
        PDFAParser parser = Foundries.defaultInstance().createParser(bytes, PDFAFlavour.PDFUA_1);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(PDFAFlavour.PDFUA_1, false)) {
      ValidationResult result = validator.validate(parser);
      StringBuilder told = new StringBuilder();
      result.getTestAssertions().stream()
          .filter(one -> one.getStatus() == TestAssertion.Status.FAILED)
          .limit(FAILURES_TOLD_MAX)
          .forEach(one -> told
              .append(one.getRuleId().getClause()).append('-').append(one.getRuleId().getTestNumber())
              .append(": ").append(String.valueOf(one.getMessage()).replaceAll("\\s+", " ")).append("; "));
      String outcome = result.isCompliant() ? "passed" : "failed";
      return file.getName() + "\t" + outcome + "\t" + result.getTotalAssertions() + "\t" + told;
    }
  }
}
