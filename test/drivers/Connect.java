import java.sql.*;
import java.util.*;

/** What clickhouse-jdbc, DBeaver's driver, sees of the analysts' door: a JSON line for each way of connecting. */
public class Connect {
  static final Map<String, String> WAYS = new LinkedHashMap<>();

  static {
    WAYS.put("as it comes", "");
    WAYS.put("without compression", "?compress=0");
    WAYS.put("with settings", "?clickhouse_setting_max_threads=1");
  }

  public static void main(String[] none) throws Exception {
    for (var way : WAYS.entrySet()) {
      Properties account = new Properties();
      account.put("user", System.getenv("DRIVER_USER"));
      account.put("password", System.getenv("DRIVER_PASSWORD"));
      String url = "jdbc:clickhouse://127.0.0.1:" + System.getenv("DRIVER_PORT") + "/default" + way.getValue();
      try (Connection connection = DriverManager.getConnection(url, account)) {
        System.out.println(look(way.getKey(), connection));
      }
    }
  }

  static String look(String way, Connection connection) throws SQLException {
    // What DBeaver's tree of a database is drawn from.
    DatabaseMetaData about = connection.getMetaData();
    List<String> views = texts(about.getTables(null, "default", "%", null), "TABLE_NAME");
    List<String> columns = texts(about.getColumns(null, "default", "engagement_v1", "%"), "COLUMN_NAME");
    for (ResultSet list : List.of(about.getSchemas(), about.getTypeInfo(), about.getTableTypes())) {
      if (!list.next()) throw new SQLException("An empty list");
    }
    Collections.sort(views);
    List<String> rows = new ArrayList<>();
    long many = 0, sum = 0, bound;
    String refused = "answered";
    try (Statement statement = connection.createStatement()) {
      ResultSet result = statement.executeQuery("SELECT day, path, full FROM engagement_v1 ORDER BY at");
      while (result.next()) rows.add(result.getDate(1) + "|" + result.getString(2) + "|" + result.getInt(3));
      result = statement.executeQuery("SELECT number, repeat('x', 100) AS text FROM numbers(200000)");
      for (; result.next(); many++) sum += result.getLong(1);
      try {
        statement.executeQuery("SELECT * FROM audit");
      } catch (SQLException error) {
        refused = error.getMessage().contains("497") ? "497" : error.getMessage(); // its error code is always 0
      }
    }
    try (PreparedStatement asked = connection.prepareStatement("SELECT count() FROM engagement_v1 WHERE partner = ?")) {
      asked.setString(1, "o'hara");
      ResultSet result = asked.executeQuery();
      result.next();
      bound = result.getLong(1);
    }
    return String.format(
        "{\"way\":\"%s\",\"views\":%s,\"columns\":%s,\"rows\":%s,\"bound\":%d,\"many\":%d,\"sum\":%d,\"refused\":\"%s\"}",
        way, list(views), list(columns), list(rows), bound, many, sum, refused);
  }

  static List<String> texts(ResultSet result, String column) throws SQLException {
    List<String> texts = new ArrayList<>();
    while (result.next()) texts.add(result.getString(column));
    return texts;
  }

  static String list(List<String> texts) {
    return texts.isEmpty() ? "[]" : "[\"" + String.join("\",\"", texts) + "\"]";
  }
}
