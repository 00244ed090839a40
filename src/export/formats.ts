import { stringify } from 'csv-stringify/sync';
import type { TransactionRow } from '../ledger/transaction.js';
import { columns, freeText, type Value } from './columns.js';

/** How transactions are written to a file. */
export interface Format {
  readonly contentType: string;
  /** What comes before the first row. */
  readonly head: string;
  readonly write: (rows: readonly TransactionRow[], base: string) => string;
}

const fields = Object.entries(columns);

/** By the extension of the file. */
export const formats: Readonly<Record<'csv' | 'jsonl', Format>> = {
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: writeRecords([fields.map(([name]) => name)]),
    write: (rows, base) =>
      writeRecords(rows.map((row) => fields.map(([name, read]) => cellOf(name, read(row, base))))),
  },
  jsonl: {
    contentType: 'application/jsonl; charset=utf-8',
    head: '',
    write: (rows, base) =>
      rows
        .map((row) =>
          JSON.stringify(Object.fromEntries(fields.map(([name, read]) => [name, read(row, base)]))),
        )
        .map((line) => `${line}\n`)
        .join(''),
  },
};

/** As RFC 4180 says. */
function writeRecords(records: ReadonlyArray<readonly string[]>): string {
  return stringify(records as string[][], { record_delimiter: '\r\n' });
}

function cellOf(name: string, value: Value): string {
  if (value === null) return '';
  if (freeText.has(name)) return harmless(String(value));
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A spreadsheet runs a cell that begins like a formula, unless a quote comes first, as OWASP advises. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
