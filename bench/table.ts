import type { Cell } from './rounds.js';

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const columns = [
  'who',
  'per s',
  'ours ÷ it',
  'p50 ms',
  'p95',
  'p99',
  'p99.9',
  'errors',
  'batch',
  'CPU s/1,000',
  '… database',
  'bytes each',
];

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function rowOf(cell: Cell): string {
  const { contender, operation, perSecond, ratio, latencyMs, errors, batchSize } = cell;
  const who = contender === 'graphql' ? operation : contender;
  return [
    who,
    whole(perSecond),
    ratio.toFixed(2),
    ...[latencyMs[50], latencyMs[95], latencyMs[99], latencyMs[99.9]].map((ms) => ms.toFixed(1)),
    String(errors),
    batchSize > 0 ? batchSize.toFixed(1) : '',
    cell.serverSecondsPer1000.toFixed(3),
    cell.databaseSecondsPer1000.toFixed(3),
    whole(cell.bytesWrittenEach),
  ].join(' | ');
}

/** One table, in Markdown: a row for each contestant of each setting. */
export function printCells(cells: readonly Cell[]): void {
  print(`| setting | ${columns.join(' | ')} |`);
  print(`|${'---|'.repeat(columns.length + 1)}`);
  let last = '';
  for (const cell of cells) {
    print(`| ${cell.name === last ? '' : cell.name} | ${rowOf(cell)} |`);
    last = cell.name;
  }
}
