/** From nothing to the most, by lightness alone, so that it also reads in grey. */
export const HEAT_STEPS = ["#f1f5f6", "#cfdfe2", "#9fc0c6", "#6a9ea8", "#32727f", "#0b4f5c"] as const;

/** The colour of a cell: nothing is the lightest, then five steps. */
export function toHeatColour(value: number | null, most: number): string {
  if (value === null || value <= 0 || most <= 0) return HEAT_STEPS[0];
  return (
    HEAT_STEPS[Math.min(HEAT_STEPS.length - 1, Math.ceil((value / most) * (HEAT_STEPS.length - 1)))] ?? HEAT_STEPS[0]
  );
}
