import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql';
import { DomainError, OverloadedError } from '../errors.js';
import { writeCursor } from '../events/cursor.js';
import { SlowConsumerError } from '../events/live-queue.js';
import { findUnavailability } from '../operations/unavailable.js';

const RETRY_AFTER_MS = 1_000;
const SUGGESTION = / ?Did you mean [^?]*\?$/;
const MASK = 'INTERNAL_SERVER_ERROR';

export function badUserInput(message: string, path: readonly string[]): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', argumentPath: path } });
}

/** The same error under a code: its own, or that of the error that caused it, if there is one. */
export function coded(error: GraphQLError, code: unknown): GraphQLError {
  const { nodes, source, positions, path, originalError, extensions } = error;
  const cause = originalError instanceof GraphQLError ? originalError.extensions.code : undefined;
  const options = { nodes, source, positions, path, originalError };
  return new GraphQLError(error.message, {
    ...(options as GraphQLErrorOptions),
    extensions: { ...extensions, code: cause ?? extensions.code ?? code },
  });
}

/** The same without what graphql-js would have liked better, which tells names of the schema. */
export function withoutSuggestion(error: GraphQLFormattedError): GraphQLFormattedError {
  return { ...error, message: error.message.replace(SUGGESTION, '') };
}

/** How an error is told to a caller, and whether its cause is a fault that belongs in the log. */
export interface Presented {
  readonly error: GraphQLFormattedError;
  readonly fault: boolean;
}

/** The one place where errors become what a caller sees, on either transport: whatever is unknown is masked. */
export function present(error: GraphQLError, requestId: string): Presented {
  const cause = error.originalError ?? error;
  const tell = (message: string, extensions: Record<string, unknown>, fault = false): Presented => ({
    error: {
      message,
      ...(error.locations && { locations: error.locations }),
      ...(error.path && { path: error.path }),
      extensions: { ...extensions, requestId },
    },
    fault,
  });
  if (cause instanceof DomainError) {
    return tell(cause.message, { code: cause.code, argumentPath: cause.inputPath, retryable: false });
  }
  const overload = cause instanceof OverloadedError ? cause : findUnavailability(cause);
  if (overload) {
    const extensions = { code: 'OVERLOADED', retryable: true, retryAfterMs: RETRY_AFTER_MS };
    return tell(overload.message, extensions, overload !== cause);
  }
  if (cause instanceof SlowConsumerError) {
    const resumeAfter = writeCursor(cause.resumeAfter);
    return tell(cause.message, { code: 'SLOW_CONSUMER', retryable: true, resumeAfter });
  }
  const code = error.extensions.code ?? (cause instanceof GraphQLError ? cause.extensions.code : undefined);
  if (cause instanceof GraphQLError && typeof code === 'string' && code !== MASK) {
    const {
      http: _http,
      stacktrace: _stacktrace,
      ...extensions
    } = { ...cause.extensions, ...error.extensions };
    return tell(error.message, { retryable: false, ...extensions });
  }
  return tell('Something went wrong on our side.', { code: MASK, retryable: false }, true);
}
