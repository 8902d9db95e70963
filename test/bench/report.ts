/** What the benchmark prints, and the few numbers that it makes of many. */

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
}

export function row(...cells: readonly string[]): void {
  console.log(cells.join('  |  '));
}

/** `12.3 ms (4.1×)`: ours, and how many times the baseline it is. */
export function times(ours: number, baseline: number, digits = 2): string {
  return `${ours.toFixed(digits)} (${(ours / baseline).toFixed(1)}×)`;
}
