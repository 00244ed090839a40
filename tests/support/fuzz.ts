import {
  accepts,
  contentTypes,
  headerNames,
  headerValues,
  oddNumbers,
  oddTexts,
  oddTokens,
  paths,
} from './fuzz-words.js';
import { seededRandom } from './processes.js';

/** What chance decides with: the same for the same seed. */
export interface Chance {
  /** A whole number from 0 up to, not including, `below`. */
  readonly below: (below: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
}

export function chanceOf(seed: number): Chance {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  return { below, pick: (items) => items[below(items.length)] as (typeof items)[number] };
}

/** A document that is right, and variables that go with it. */
export interface Seed {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[\w.$@-]+|\s+|./gsu;

/** Changes a text by its tokens, once or twice. */
export function mutateText(chance: Chance, text: string): string {
  const tokens = text.match(TOKEN) ?? [];
  for (let changes = 1 + chance.below(2); changes > 0; changes -= 1) {
    const at = chance.below(tokens.length + 1);
    const other = chance.below(tokens.length + 1);
    switch (chance.below(7)) {
      case 0:
        tokens.splice(at, 1 + chance.below(3));
        break;
      case 1:
        tokens.splice(at, 0, ...tokens.slice(at, at + 1 + chance.below(20)));
        break;
      case 2:
        tokens.splice(at, chance.below(2), chance.pick(oddTokens));
        break;
      case 3:
        tokens.splice(at, 1, tokens[other] ?? '');
        break;
      case 4:
        tokens.length = Math.min(tokens.length, at);
        break;
      case 5:
        tokens.splice(at, chance.below(2), `"${chance.pick(oddTexts)}"`);
        break;
      default:
        // Words of the document where other words stood, so that it is often still one.
        for (const [index, token] of tokens.entries()) {
          if (/^[a-z]/i.test(token) && chance.below(12) === 0) {
            tokens[index] = chance.pick(tokens.filter((word) => /^[a-z]/i.test(word)));
          }
        }
    }
  }
  return tokens.join('');
}

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}

/** A value that stands where another one is expected. */
function oddValue(chance: Chance): unknown {
  switch (chance.below(10)) {
    case 0:
      return null;
    case 1:
      return chance.pick([true, false]);
    case 2:
      return chance.pick(oddNumbers);
    case 3:
      return chance.pick(oddTexts);
    case 4:
      return 'x'.repeat(chance.pick([0, 1, 300, 20_000]));
    case 5:
      return [chance.pick(oddTexts), chance.pick(oddNumbers), []];
    case 6:
      return nested(chance.pick([3, 100, 1_000]), (inner) => [inner]);
    case 7:
      return nested(chance.pick([3, 100, 1_000]), (inner) => ({ a: inner }));
    case 8:
      return JSON.parse(
        '{"__proto__":{"amount":"1.00","polluted":true},"constructor":{"prototype":{"polluted":true}}}',
      );
    default:
      return String(chance.pick(oddNumbers));
  }
}

/** The same value with something in it changed, lost, added or renamed. */
export function mutateValue(chance: Chance, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value !== 'string' || chance.below(3) === 0) return oddValue(chance);
    return chance.below(2) === 0 ? mutateText(chance, value) : chance.pick(oddTexts);
  }
  if (Array.isArray(value)) return [...value, oddValue(chance)];
  const entries = Object.entries(value);
  const at = chance.below(entries.length + 1);
  const [name = 'x', inner] = entries[at] ?? [];
  const change = chance.below(12);
  if (at === entries.length) entries.push([chance.pick(oddTexts), oddValue(chance)]);
  else if (change < 2) entries.splice(at, 1);
  else if (change < 4) entries[at] = [mutateText(chance, name), inner];
  else entries[at] = [name, change < 6 ? oddValue(chance) : mutateValue(chance, inner)];
  return Object.fromEntries(entries);
}

/** A request for a document: its text, its variables, both or neither changed. */
export function mutateRequest(chance: Chance, { query, variables }: Seed): Record<string, unknown> {
  const change = chance.below(10);
  return {
    query: change < 4 ? mutateText(chance, query) : query,
    variables: change > 2 && change < 9 ? mutateValue(chance, variables) : variables,
  };
}

/** The same with a member that a request does not have, or of the wrong kind. */
export function misshape(chance: Chance, request: Record<string, unknown>): Record<string, unknown> {
  const name = chance.pick(['query', 'variables', 'operationName', 'extensions', 'id', '__proto__']);
  return Object.fromEntries([...Object.entries(request), [name, oddValue(chance)]]);
}

/** Bytes that mean nothing. */
export function garbage(chance: Chance): Buffer {
  return Buffer.from(Array.from({ length: 1 + chance.below(300) }, () => chance.below(256)));
}

/** One request by HTTP, whatever it holds. */
export interface WildRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A request whose method, path, headers and body are as strange as HTTP allows. */
export function wildRequest(chance: Chance, seed: Seed): WildRequest {
  const text = JSON.stringify(misshape(chance, mutateRequest(chance, seed)));
  const body = chance.pick([
    text,
    text.slice(0, chance.below(text.length)),
    mutateText(chance, text),
    `[${text},${text}]`,
    garbage(chance),
    Buffer.concat([Buffer.from(text.slice(0, chance.below(text.length))), garbage(chance)]),
    '['.repeat(50_000),
    `{"query":"{__typename}","variables":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    '',
  ]);
  const method = chance.pick(['POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']);
  const headers: Record<string, string> = {
    'content-type': chance.pick(contentTypes),
    accept: chance.pick(accepts),
    [chance.pick(headerNames)]: chance.pick(headerValues),
  };
  return { method, path: chance.pick(paths), headers, body: method === 'HEAD' ? '' : body };
}

/** A message over WebSocket that is no right one. */
export function wildFrame(chance: Chance, seed: Seed): string | Buffer {
  const frame = { id: 'w', type: 'subscribe', payload: misshape(chance, mutateRequest(chance, seed)) };
  const text = JSON.stringify(
    chance.below(2) === 0 ? mutateValue(chance, frame) : { ...frame, type: chance.pick(oddTexts) },
  );
  return chance.pick([
    text,
    text.slice(0, chance.below(text.length)),
    mutateText(chance, text),
    garbage(chance),
    '',
  ]);
}
