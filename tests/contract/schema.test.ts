import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { createSchema, printApi } from '../../src/graphql/schema.js';

const schema = createSchema();

/** The names of everything in a type that lacks a description. */
function undescribed(type: GraphQLNamedType): string[] {
  const found =
    type.description || ['Query', 'Mutation', 'Subscription'].includes(type.name) ? [] : [type.name];
  if (isEnumType(type)) {
    for (const value of type.getValues()) if (!value.description) found.push(`${type.name}.${value.name}`);
  }
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      if (!field.description) found.push(`${type.name}.${field.name}`);
      const args = 'args' in field ? field.args : [];
      for (const arg of args) if (!arg.description) found.push(`${type.name}.${field.name}(${arg.name}:)`);
    }
  }
  return found;
}

describe('the schema', () => {
  it('is committed as it is emitted', () => {
    expect(readFileSync('schema.graphql', 'utf8')).toBe(printApi(schema));
  });

  it('describes every type, field, argument and enum value', () => {
    const types = Object.values(schema.getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !(isScalarType(type) && isSpecifiedScalarType(type)),
    );
    expect(types.length).toBeGreaterThan(40);
    expect(types.flatMap(undescribed)).toEqual([]);
  });
});
