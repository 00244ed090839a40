import {
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { authorize } from './authorization.js';
import type { Context } from './context.js';

/** What `@Authorized` says of a field: the scopes of which one is needed, none for whoever is authenticated. */
export interface FieldRule {
  readonly scopes: readonly Scope[];
  /** The property that a plain field reads; absent where a method answers, which TypeGraphQL guards itself. */
  readonly property?: string;
}

type Class = abstract new (...args: never[]) => object;

/** The rule of every field of the schema, by `Type.field`. A field without one is a mistake that stops the start. */
export function fieldRules(schema: GraphQLSchema): ReadonlyMap<string, FieldRule> {
  const declared = declaredRules();
  const rules = new Map<string, FieldRule>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!(isObjectType(type) || isInterfaceType(type)) || isIntrospectionType(type)) continue;
    for (const field of Object.keys(type.getFields())) {
      const name = `${type.name}.${field}`;
      const rule = declared.get(name);
      if (!rule) throw new Error(`${name} has no @Authorized: declare who may read it`);
      rules.set(name, rule);
    }
  }
  return rules;
}

/**
 * Guards the plain fields, those that only read a property, by the same check as TypeGraphQL's own guard, which would make
 * several promises of each: on a page of transactions that takes longer than all the rest. One that any principal may
 * read needs no check, since nothing is executed without a principal.
 */
export function guardPlainFields(schema: GraphQLSchema): void {
  for (const [name, { scopes, property }] of fieldRules(schema)) {
    const [typeName = '', fieldName = ''] = name.split('.');
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (!field || property === undefined) continue;
    const read: GraphQLFieldResolver<Record<string, unknown>, Context> = (root) => root[property];
    const guarded: typeof read = (root, args, context, info) => {
      authorize({ root, args, context, info }, scopes as Scope[]);
      return root[property];
    };
    field.resolve = scopes.length > 0 ? guarded : read;
  }
}

function declaredRules(): ReadonlyMap<string, FieldRule> {
  const { queries, mutations, subscriptions, fieldResolvers, objectTypes, interfaceTypes } =
    getMetadataStorage();
  const rules = new Map<string, FieldRule>();
  const declare = (name: string, roles: Scope[] | undefined, property?: string) => {
    if (roles) rules.set(name, { scopes: roles, ...(property !== undefined && { property }) });
  };
  for (const [type, handlers] of Object.entries({
    Query: queries,
    Mutation: mutations,
    Subscription: subscriptions,
  })) {
    for (const { schemaName, roles } of handlers) declare(`${type}.${schemaName}`, roles);
  }
  const types = [...objectTypes, ...interfaceTypes];
  const byClass = new Map(types.map((type) => [type.target as Class, type]));
  for (const { name, target } of types) {
    // What a class inherits comes first, so that its own fields prevail.
    for (const ancestor of lineage(target as Class).reverse()) {
      for (const field of byClass.get(ancestor)?.fields ?? []) {
        declare(`${name}.${field.schemaName}`, field.roles, field.name);
      }
    }
  }
  for (const { getObjectType, schemaName, methodName, roles, kind } of fieldResolvers) {
    const type = byClass.get(getObjectType?.() as Class);
    if (!type) continue;
    const { value } = Object.getOwnPropertyDescriptor((type.target as Class).prototype, methodName) ?? {};
    // What a type's own class answers is mostly read from an accessor.
    if (kind === 'external' || typeof value === 'function')
      declare(`${type.name}.${schemaName ?? methodName}`, roles);
  }
  return rules;
}

/** A class and those that it extends. */
function lineage(target: Class): Class[] {
  const parent = Object.getPrototypeOf(target);
  return parent?.prototype ? [target, ...lineage(parent)] : [target];
}
