import { z } from 'zod';
import { ConfigError } from './errors.js';
import { parseMinor } from './money/amount.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number within bounds. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,10}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

/** One of a few words. */
export const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, `must be one of ${values.join(', ')}`);

export const flag = choice('true', 'false').transform((value) => value === 'true');

/** A positive decimal with at most `exponent` digits after the point, as a whole number of its last digit. */
export function decimalSetting(exponent: number, max: bigint, message: string) {
  return z.string().transform((text, context) => {
    const minor = parseMinor(text, exponent);
    if (minor !== undefined && minor > 0n && minor <= max) return minor;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** Reads one variable after the other and remembers what is wrong with them. */
export class SettingReader {
  readonly #problems: string[] = [];

  constructor(private readonly environment: Environment) {}

  read<T>(name: string, schema: z.ZodType<T>, fallback?: string): T | undefined {
    const given = this.environment[name];
    const text = given === undefined || given === '' ? fallback : given;
    if (text === undefined) return undefined;
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    // A database's address may hold its password.
    const told = name === 'DATABASE_URL' ? '' : `, not ${JSON.stringify(text)}`;
    this.fail(name, `${parsed.error.issues[0]?.message}${told}`);
    return undefined;
  }

  fail(name: string, problem: string): void {
    this.#problems.push(`${name} ${problem}.`);
  }

  finish(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems.join('\n'));
  }
}
