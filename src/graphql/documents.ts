import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import { documentLimitsRule } from './document-limits.js';
import { coded } from './errors.js';

/** What of a document may still be read; far more than any screen asks for. */
export const TOKENS_MAX = 1_000;
/** How many documents are remembered; the oldest makes room for the newest. */
const REMEMBERED_MAX = 1_000;
/** The argument that says where a stream begins: it changes nothing of what is told of an event. */
const BEGINNING = 'after';
const rules = [...specifiedRules, documentLimitsRule];

/** A document that was read and found valid, once for everybody who sends the same text. */
export interface CheckedDocument {
  /** One number for each text, for as long as it is remembered. */
  readonly number: number;
  readonly document: DocumentNode;
  /** The variables that serve for nothing but to say where a stream begins. */
  readonly beginningVariables: readonly string[];
}

export type CheckDocument = (text: string) => CheckedDocument | readonly GraphQLError[];

/** Reads and validates documents against the schema, and remembers the valid ones. */
export function createDocuments(schema: GraphQLSchema): CheckDocument {
  const remembered = new Map<string, CheckedDocument>();
  let number = 0;
  return (text) => {
    const known = remembered.get(text);
    if (known) return known;
    let document: DocumentNode;
    try {
      document = parse(text, { maxTokens: TOKENS_MAX });
    } catch (error) {
      return [coded(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')];
    }
    const errors = validate(schema, document, rules);
    if (errors.length > 0) return errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
    number += 1;
    const checked = { number, document, beginningVariables: beginningVariables(document) };
    remembered.set(text, checked);
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    return checked;
  };
}

/** The variables that stand as the argument `after` of a root field and nowhere else. */
function beginningVariables(document: DocumentNode): string[] {
  const uses = new Map<string, number>();
  const asBeginning = new Set<string>();
  let depth = 0;
  visit(document, {
    Field: {
      enter: (node) => {
        depth += 1;
        for (const argument of node.arguments ?? []) {
          const isBeginning = depth === 1 && argument.name.value === BEGINNING;
          if (isBeginning && argument.value.kind === Kind.VARIABLE)
            asBeginning.add(argument.value.name.value);
        }
      },
      leave: () => {
        depth -= 1;
      },
    },
    // A definition is no use.
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      uses.set(name.value, (uses.get(name.value) ?? 0) + 1);
    },
  });
  return [...asBeginning].filter((name) => uses.get(name) === 1);
}
