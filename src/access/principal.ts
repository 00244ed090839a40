import type { PrincipalKind, Scope } from './scopes.js';

/** Who asks, and what they may do. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** A name that may be kept and logged, such as `key:<id>` or `analyst:<sub>`; never the credential itself. */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The one user who exists for a customer; everybody does for anybody else. */
  readonly ownUserId?: string;
  /** When the credential ends, if it says so. */
  readonly expiresAt?: Date;
  /** The digest of the key that was shown, by which it is looked for again. */
  readonly keyHash?: string;
}

/** Whether a user, and with them all that is theirs, exists for a principal. */
export function sees({ ownUserId }: Principal, userId: string): boolean {
  return ownUserId === undefined || ownUserId === userId;
}

/** Who acts when nobody asked over the network: whoever can start the program on its own database. */
export const commandLine: Pick<Principal, 'id'> = { id: 'command-line' };

/** Nobody was recognised, or whoever was may not come in; the message says what to do. */
export class AccessError extends Error {
  override readonly name = 'AccessError';

  constructor(
    readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN',
    message: string,
    /** Whether the credential may have been guessed: one that was good once, or is good for nothing here, was not. */
    readonly isGuess = code === 'UNAUTHENTICATED',
  ) {
    super(message);
  }
}
