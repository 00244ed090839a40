import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql';

/** How much of each thing an operation has, with its fragments written out where they are used. */
export interface Measure {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly fields: number;
  /** Fields that stand at the top. */
  readonly roots: number;
}

const NOTHING: Measure = { depth: 0, aliases: 0, directives: 0, fields: 0, roots: 0 };

interface DocumentLimit {
  readonly code: string;
  readonly max: number;
  readonly measure: keyof Measure;
  readonly tell: (found: number, max: number) => string;
  /** The only kind of operation that it holds for. */
  readonly operation?: `${OperationTypeNode}`;
}

/** What a document may ask for, whatever it costs. */
const limits: readonly DocumentLimit[] = [
  {
    code: 'QUERY_TOO_DEEP',
    max: 10,
    measure: 'depth',
    tell: (found, max) => `Fields are nested ${found} deep and at most ${max} are allowed: ask in steps.`,
  },
  {
    code: 'TOO_MANY_ALIASES',
    max: 15,
    measure: 'aliases',
    tell: (found, max) => `There are ${found} aliases and at most ${max} are allowed: send several requests.`,
  },
  {
    code: 'TOO_MANY_DIRECTIVES',
    max: 5,
    measure: 'directives',
    tell: (found, max) => `There are ${found} directives and at most ${max} are allowed: leave some out.`,
  },
  {
    code: 'TOO_MANY_FIELDS',
    max: 300,
    measure: 'fields',
    tell: (found, max) =>
      `There are ${found} fields, fragments written out, and at most ${max} are allowed: ask for each once.`,
  },
  {
    code: 'TOO_MANY_MUTATIONS',
    max: 4,
    measure: 'roots',
    operation: 'mutation',
    tell: (found, max) =>
      `There are ${found} mutations and at most ${max} are allowed: send the others in another request.`,
  },
];

/** The limits as a validation rule, so that both transports have them where they validate and remember documents. */
export const documentLimitsRule: ValidationRule = (context) => ({
  Document: (document) => {
    for (const error of limitErrors(document)) context.reportError(error);
  },
});

function limitErrors(document: DocumentNode): GraphQLError[] {
  const measure = createMeasure(document);
  const errors: GraphQLError[] = [];
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const measured = measure(node);
    for (const { code, max, measure: name, operation, tell } of limits) {
      const found = measured[name];
      if (found <= max || (operation && operation !== node.operation)) continue;
      errors.push(new GraphQLError(tell(found, max), { nodes: node, extensions: { code } }));
    }
  }
  return errors;
}

/** Measures operations of a document. Each fragment is measured once, however often it is used. */
export function createMeasure(document: DocumentNode): (operation: OperationDefinitionNode) => Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const measured = new Map<string, Measure>();

  const ofFragment = (name: string): Measure => {
    const known = measured.get(name);
    if (known) return known;
    // A fragment that comes back to itself is refused by a rule of its own; here it only must come to an end.
    measured.set(name, NOTHING);
    const fragment = fragments.get(name);
    const found = fragment ? withDirectives(fragment, ofSet(fragment.selectionSet)) : NOTHING;
    measured.set(name, found);
    return found;
  };
  const ofSelection = (node: SelectionNode): Measure => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return withDirectives(node, ofFragment(node.name.value));
    if (node.kind === Kind.INLINE_FRAGMENT) return withDirectives(node, ofSet(node.selectionSet));
    const below = ofSet(node.selectionSet);
    // Introspection is deep and wide by nature; graphql-js bounds how it nests, and production has none.
    const isIntrospection = node.name.value === '__schema' || node.name.value === '__type';
    return withDirectives(node, {
      depth: 1 + (isIntrospection ? 0 : below.depth),
      aliases: below.aliases + (node.alias ? 1 : 0),
      directives: below.directives,
      fields: 1 + (isIntrospection ? 0 : below.fields),
      roots: 1,
    });
  };
  const ofSet = (set: SelectionSetNode | undefined): Measure =>
    (set?.selections ?? []).map(ofSelection).reduce(beside, NOTHING);

  return (operation) =>
    (operation.variableDefinitions ?? []).reduce(
      (sum, variable) => withDirectives(variable, sum),
      withDirectives(operation, ofSet(operation.selectionSet)),
    );
}

function beside(one: Measure, other: Measure): Measure {
  return {
    depth: Math.max(one.depth, other.depth),
    aliases: one.aliases + other.aliases,
    directives: one.directives + other.directives,
    fields: one.fields + other.fields,
    roots: one.roots + other.roots,
  };
}

function withDirectives(
  node: { readonly directives?: readonly unknown[] | undefined },
  measure: Measure,
): Measure {
  return { ...measure, directives: measure.directives + (node.directives?.length ?? 0) };
}
