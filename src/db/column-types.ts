import { type Platform, Type } from '@mikro-orm/core';

/** Minor units: BIGINT in the database, `bigint` in the program. */
export class MinorUnitsType extends Type<bigint, string> {
  override convertToDatabaseValue(value: bigint): string {
    return value.toString();
  }

  override convertToJSValue(value: string | number | bigint): bigint {
    return BigInt(value);
  }

  override getColumnType(_property: unknown, platform: Platform): string {
    return platform.getBigIntTypeDeclarationSQL({});
  }

  override compareAsType(): string {
    return 'string';
  }
}

/** A JSON document kept as the text that was written, so that it reads back and hashes as it was. */
export class JsonTextType<T> extends Type<T | null, string | null> {
  override convertToDatabaseValue(value: T | null): string | null {
    return value === null || value === undefined ? null : JSON.stringify(value);
  }

  override convertToJSValue(value: string | null): T | null {
    return typeof value === 'string' ? (JSON.parse(value) as T) : value;
  }

  override getColumnType(): string {
    return 'text';
  }

  override compareAsType(): string {
    return 'string';
  }
}

/** A set of words as `|A|B|`, so that one word is found by `LIKE '%|A|%'` in either database. */
export class WordSetType extends Type<readonly string[], string> {
  override convertToDatabaseValue(value: readonly string[] | string): string {
    if (typeof value === 'string') return value;
    return value.length === 0 ? '' : `|${value.join('|')}|`;
  }

  override convertToJSValue(value: string): readonly string[] {
    return value.split('|').filter((word) => word !== '');
  }

  override getColumnType(): string {
    return 'text';
  }

  override compareAsType(): string {
    return 'string';
  }
}
