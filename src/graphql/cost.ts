import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { PAGE_DEFAULT, PAGE_MAX } from './page-size.js';
import { isConnection, type PricedField, pricedField } from './price.js';

export type Variables = Readonly<Record<string, unknown>>;

/** What a selection costs: once, and again for each item of the page that it stands in. */
interface Cost {
  readonly once: number;
  readonly each: number;
}

const FREE: Cost = { once: 0, each: 0 };

/**
 * What an operation may cost at most, told before it runs: every occurrence of a field counts, whatever is merged, skipped
 * or empty later. Each fragment is reckoned once, however often it is used, and sums end at the largest exact number, so
 * that no document makes this long or wrong.
 */
export function estimateCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): number {
  const sizes = createSizes(operation, variables);
  const fragments = fragmentsOf(document);
  const reckoned = new Map<string, Cost>();

  const ofFragment = (name: string): Cost => {
    const known = reckoned.get(name);
    if (known) return known;
    reckoned.set(name, FREE);
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const cost = fragment && type ? ofSet(fragment.selectionSet, type) : FREE;
    reckoned.set(name, cost);
    return cost;
  };
  const ofField = (node: FieldNode, parent: GraphQLNamedType): Cost => {
    const priced = pricedField(schema, parent, node.name.value);
    if (!priced || !node.selectionSet) return FREE;
    const below = ofSet(node.selectionSet, priced.type);
    if (isConnection(priced.type)) {
      return {
        once: priced.price + below.once + times(below.each, sizes(node, priced) ?? PAGE_DEFAULT),
        each: 0,
      };
    }
    const item = priced.price + below.once;
    if (!priced.isList) return { once: item, each: 0 };
    if (isConnection(parent)) return { once: 0, each: item };
    return { once: times(item, sizes(node, priced) ?? priced.assumedSize), each: 0 };
  };
  const ofSelection = (node: SelectionNode, parent: GraphQLNamedType): Cost => {
    if (node.kind === Kind.FIELD) return ofField(node, parent);
    if (node.kind === Kind.FRAGMENT_SPREAD) return ofFragment(node.name.value);
    return ofSet(node.selectionSet, conditionOf(schema, node, parent));
  };
  const ofSet = ({ selections }: SelectionSetNode, parent: GraphQLNamedType): Cost =>
    selections.map((node) => ofSelection(node, parent)).reduce(beside, FREE);

  const root = schema.getRootType(operation.operation);
  return root ? ofSet(operation.selectionSet, root).once : 0;
}

export function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
}

/** The type that an inline fragment is about. */
export function conditionOf(
  schema: GraphQLSchema,
  node: SelectionNode,
  parent: GraphQLNamedType,
): GraphQLNamedType {
  const name = node.kind === Kind.INLINE_FRAGMENT ? node.typeCondition?.name.value : undefined;
  return (name && schema.getType(name)) || parent;
}

/** Reads how many a field asks for by `first` or `last`. What is no size is refused later, so any guess will do here. */
function createSizes(operation: OperationDefinitionNode, variables: Variables) {
  const defaults = new Map(
    operation.variableDefinitions?.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  );
  const read = (node: FieldNode, { field }: PricedField, name: string): unknown => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.INT) return Number(value.value);
    if (value?.kind === Kind.VARIABLE) {
      const given = variables[value.name.value];
      const otherwise = defaults.get(value.name.value);
      if (given !== undefined) return given;
      if (otherwise?.kind === Kind.INT) return Number(otherwise.value);
    }
    return value ? undefined : field.args.find((argument) => argument.name === name)?.defaultValue;
  };
  return (node: FieldNode, priced: PricedField): number | undefined => {
    for (const name of ['first', 'last']) {
      const size = read(node, priced, name);
      if (typeof size === 'number') return Math.min(Math.max(Math.trunc(size), 0), PAGE_MAX);
    }
    return undefined;
  };
}

function beside(one: Cost, other: Cost): Cost {
  return { once: capped(one.once + other.once), each: capped(one.each + other.each) };
}

function times(cost: number, count: number): number {
  return capped(cost * count);
}

function capped(cost: number): number {
  return Math.min(cost, Number.MAX_SAFE_INTEGER);
}
