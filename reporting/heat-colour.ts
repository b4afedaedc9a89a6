/** From nothing to the most, by lightness alone, so that it also reads in grey. */
export const HEAT_STEPS = ["#f1f5f6", "#cfdfe2", "#9fc0c6", "#6a9ea8", "#32727f", "#0b4f5c"] as const;

/** Which of the steps a cell has: nothing is the first, then five. */
export function toHeatStep(value: number, most: number): number {
  if (value <= 0 || most <= 0) return 0;
  return Math.min(HEAT_STEPS.length - 1, Math.ceil((value / most) * (HEAT_STEPS.length - 1)));
}

/** The colour of a cell. */
export function toHeatColour(value: number, most: number): string {
  return HEAT_STEPS[toHeatStep(value, most)] ?? HEAT_STEPS[0];
}
