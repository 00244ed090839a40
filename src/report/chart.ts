/** A line of a chart: what it is called, its figures and how long its bar is. */
export interface Bar {
  readonly label: string;
  readonly cells: readonly string[];
  readonly size: bigint;
}

const WIDTH = 40n;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Lines in columns, each with a bar in proportion to the longest one; what is not above zero has none. */
export function drawChart(bars: readonly Bar[]): string[] {
  const longest = bars.map(({ size }) => size).reduce(larger, 1n);
  const widthOf = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => [...text].length));
  const labelWidth = widthOf(bars.map(({ label }) => label));
  const widths = bars[0]?.cells.map((_, column) => widthOf(bars.map(({ cells }) => cells[column] ?? '')));
  return bars.map(({ label, cells, size }) => {
    const figures = cells.map((cell, column) => cell.padStart(widths?.[column] ?? 0));
    const padded = label + ' '.repeat(labelWidth - [...label].length);
    return ['', padded, ...figures, drawBar(size, longest)].join('  ').trimEnd();
  });
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);

function drawBar(size: bigint, longest: bigint): string {
  if (size <= 0n) return '';
  const eighths = (size * WIDTH * 8n) / longest;
  return '█'.repeat(Number(eighths / 8n)) + EIGHTHS[Number(eighths % 8n)];
}
