import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';

/** What one object costs, unless its field says otherwise by `complexity`; scalars and enums are free. */
const OBJECT_PRICE = 1;
/** What a list is taken to hold that is no page, unless its field says otherwise by the extension `assumedSize`. */
const LIST_SIZE = 10;
/** What a mutation or a subscription costs by itself. */
const ACTION_PRICE = 10;

/** A field that is not free: what each object in it costs, and what kind of thing it holds. */
export interface PricedField {
  readonly field: GraphQLField<unknown, unknown>;
  readonly price: number;
  readonly type: GraphQLNamedType;
  readonly isList: boolean;
  readonly assumedSize: number;
}

/** What was found out before: a schema's prices never change. */
const prices = new WeakMap<GraphQLNamedType, Map<string, PricedField | undefined>>();

/** The price of a field of a type, by its name; nothing for what is free, unknown or introspection. */
export function pricedField(
  schema: GraphQLSchema,
  parent: GraphQLNamedType,
  name: string,
): PricedField | undefined {
  const known = prices.get(parent) ?? new Map<string, PricedField | undefined>();
  prices.set(parent, known);
  // Only names of fields are kept, of which there are so many and no more.
  if (!known.has(name) && hasField(parent, name)) known.set(name, findPrice(schema, parent, name));
  return known.get(name);
}

function hasField(parent: GraphQLNamedType, name: string): boolean {
  return (isObjectType(parent) || isInterfaceType(parent)) && Object.hasOwn(parent.getFields(), name);
}

function findPrice(schema: GraphQLSchema, parent: GraphQLNamedType, name: string): PricedField | undefined {
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  if (!field) return undefined;
  const type = getNamedType(field.type);
  if (isLeafType(type)) return undefined;
  const isAction = parent === schema.getMutationType() || parent === schema.getSubscriptionType();
  const { complexity, assumedSize } = field.extensions;
  return {
    field,
    type,
    price: numberOr(complexity, isAction ? ACTION_PRICE : OBJECT_PRICE),
    isList: isListType(getNullableType(field.type)),
    assumedSize: numberOr(assumedSize, LIST_SIZE),
  };
}

function numberOr(declared: unknown, otherwise: number): number {
  return typeof declared === 'number' ? declared : otherwise;
}

/** Whether a type is a page of a list: its lists are as long as was asked of the field that it stands in. */
export function isConnection(type: GraphQLNamedType): boolean {
  return isObjectType(type) && 'pageInfo' in type.getFields();
}
