import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { conditionOf, fragmentsOf } from './cost.js';
import { pricedField } from './price.js';

/** What an operation did cost: the prices of its estimate, for what is really there in its answer. */
export function actualCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  data: unknown,
): number {
  const fragments = fragmentsOf(document);
  const ofSet = ({ selections }: SelectionSetNode, parent: GraphQLNamedType, value: object): number => {
    let cost = 0;
    for (const node of selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value);
        const type = fragment && schema.getType(fragment.typeCondition.name.value);
        if (fragment && type) cost += ofSet(fragment.selectionSet, type, value);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        cost += ofSet(node.selectionSet, conditionOf(schema, node, parent), value);
      } else {
        const priced = pricedField(schema, parent, node.name.value);
        const found = (value as Record<string, unknown>)[node.alias?.value ?? node.name.value];
        if (!priced || !node.selectionSet || found == null) continue;
        for (const item of Array.isArray(found) ? found : [found]) {
          if (item) cost += priced.price + ofSet(node.selectionSet, priced.type, item);
        }
      }
    }
    return cost;
  };
  const root = schema.getRootType(operation.operation);
  return root && data ? ofSet(operation.selectionSet, root, data) : 0;
}
