/** Lowest and highest score of a scale. */
export interface Scale {
  readonly min: number;
  readonly max: number;
}

/** Reads `0-10`: the lowest and the highest score. */
export function parseScale(text: string): Scale | undefined {
  const [, min = "", max = ""] = /^(\d{1,3})-(\d{1,3})$/.exec(text) ?? [];
  return max !== "" && Number(min) < Number(max) ? { min: Number(min), max: Number(max) } : undefined;
}

/**
 * A score of another scale on that of 1 to 5: the nearest on a straight line from end to end, halves up. Of 0-10 that is 0-1
 * as 1, 2-3 as 2, 4-6 as 3, 7-8 as 4, 9-10 as 5.
 */
export function toScore(given: number, { min, max }: Scale): number {
  return Math.floor(1.5 + ((given - min) * 4) / (max - min));
}

/** Which scores of a scale become which, in words: `0-1 as 1, 2-3 as 2 ...`. */
export function toScaleWords(scale: Scale): string {
  const all = Array.from({ length: scale.max - scale.min + 1 }, (_, place) => scale.min + place);
  return [1, 2, 3, 4, 5]
    .flatMap((score) => {
      const given = all.filter((one) => toScore(one, scale) === score);
      if (given.length === 0) return [];
      return [`${given.length === 1 ? given[0] : `${given[0]}-${given.at(-1)}`} as ${score}`];
    })
    .join(", ");
}
