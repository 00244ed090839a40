import { describe, expect, it } from '@jest/globals';
import { DomainError, OverloadedError } from '../../../src/errors.js';
import type { Command } from '../../../src/operations/command.js';
import type { AnyCommand, Settled } from '../../../src/operations/commit-batch.js';
import { CommitQueue, type CommitQueueLimits } from '../../../src/operations/commit-queue.js';

const LIMITS = { lanes: 1, queueMax: 100, batchMax: 10 };

/** A command whose name is all that matters. */
function named(name: string, userId = 'alice'): Command<string> {
  return { operation: name, userId, needs: {}, decide: () => ({ outcome: () => name }) };
}

interface Batch {
  readonly names: readonly string[];
  readonly settle: (settled: readonly Settled[]) => void;
  /** Tells each caller the name of its command. */
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

/** A queue whose commits end when the test says so. */
function queueWith(limits: Partial<CommitQueueLimits> = {}) {
  const batches: Batch[] = [];
  const commit = (commands: readonly AnyCommand[]) =>
    new Promise<readonly Settled[]>((resolve, reject) => {
      const names = commands.map(({ operation }) => operation);
      const succeed = () => resolve(names.map((value) => ({ value })));
      batches.push({ names, settle: resolve, succeed, fail: reject });
    });
  const queue = new CommitQueue(commit, { ...LIMITS, ...limits });
  const batch = (index: number) => batches[index] as Batch;
  return { queue, batches, batch, names: () => batches.map((each) => each.names) };
}

/** Lets everything run that can run by now. */
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

describe('the commit queue', () => {
  it('commits commands of one turn together, in the order in which they came', async () => {
    const { queue, batch, names } = queueWith();
    const outcomes = ['a', 'b', 'c'].map((name) => queue.submit(named(name)));
    expect(queue.waiting).toBe(3);
    await turn();
    expect(names()).toEqual([['a', 'b', 'c']]);
    expect(queue.waiting).toBe(0);
    batch(0).succeed();
    await expect(Promise.all(outcomes)).resolves.toEqual(['a', 'b', 'c']);
  });

  it('lets many commands in together, in order, and settles each for itself', async () => {
    const { queue, batch, names } = queueWith({ batchMax: 2 });
    const outcomes = queue.submitAll(['a', 'b', 'c'].map((name) => named(name)));
    await turn();
    batch(0).settle([{ value: 'a' }, { error: new Error('b failed') }]);
    await turn();
    batch(1).succeed();
    expect(names()).toEqual([['a', 'b'], ['c']]);
    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: new Error('b failed') },
      { status: 'fulfilled', value: 'c' },
    ]);
  });

  it('lets many commands in only if there is room for all of them', async () => {
    const { queue, batch } = queueWith({ queueMax: 3 });
    const first = queue.submit(named('a'));
    await expect(queue.submitAll(['b', 'c', 'd'].map((name) => named(name)))).rejects.toThrow(
      OverloadedError,
    );
    expect(queue.waiting).toBe(1);
    const others = queue.submitAll(['b', 'c'].map((name) => named(name)));
    expect(queue.waiting).toBe(3);
    await turn();
    batch(0).succeed();
    await first;
    expect(await others).toEqual(['b', 'c'].map((value) => ({ status: 'fulfilled', value })));
    await queue.close();
    await expect(queue.submitAll([named('e')])).rejects.toThrow('The server is shutting down');
  });

  it('gathers what comes while a batch is under way, and commits it next', async () => {
    const { queue, batch, names } = queueWith();
    const first = queue.submit(named('a'));
    await turn();
    const later = ['b', 'c', 'd'].map((name) => queue.submit(named(name)));
    await turn();
    expect(names()).toEqual([['a']]);
    expect(queue.waiting).toBe(3);
    batch(0).succeed();
    await first;
    await turn();
    expect(names()).toEqual([['a'], ['b', 'c', 'd']]);
    batch(1).succeed();
    await expect(Promise.all(later)).resolves.toEqual(['b', 'c', 'd']);
  });

  it('starts again after it was idle', async () => {
    const { queue, batch, names } = queueWith();
    const first = queue.submit(named('a'));
    await turn();
    batch(0).succeed();
    await first;
    await turn();
    const second = queue.submit(named('b'));
    await turn();
    batch(1).succeed();
    await expect(second).resolves.toBe('b');
    expect(names()).toEqual([['a'], ['b']]);
  });

  it('takes no more into a batch than it may hold', async () => {
    const { queue, batch, names } = queueWith({ batchMax: 2 });
    const outcomes = ['a', 'b', 'c', 'd', 'e'].map((name) => queue.submit(named(name)));
    for (const index of [0, 1, 2]) {
      await turn();
      batch(index).succeed();
    }
    await expect(Promise.all(outcomes)).resolves.toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(names()).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('keeps the commands of a user in one lane while lanes work in parallel', async () => {
    const { queue, batch, batches, names } = queueWith({ lanes: 2 });
    const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    const outcomes = [1, 2].flatMap((round) =>
      users.map((user) => queue.submit(named(`${user} ${round}`, user))),
    );
    await turn();
    expect(batches.length).toBe(2);
    for (let index = 0; index < batches.length; index += 1) {
      batch(index).succeed();
      await turn();
    }
    await Promise.all(outcomes);
    // Each lane ran by itself: a batch begins with what its lane had waiting, in order.
    const order = names().flat();
    for (const user of users) {
      const own = order.filter((name) => name.startsWith(`${user} `));
      expect(own).toEqual([`${user} 1`, `${user} 2`]);
    }
    expect(order).toHaveLength(40);
  });

  it('does not let a lane wait for another', async () => {
    const { queue, batch, names } = queueWith({ lanes: 2, batchMax: 1 });
    const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    const outcomes = users.map((user) => queue.submit(named(user, user)));
    await turn();
    const [[stuck], [moving]] = names() as [[string], [string]];
    batch(1).succeed();
    await outcomes[users.indexOf(moving)];
    await turn();
    expect(names()).toHaveLength(3);
    expect(names().flat()).toContain(stuck);
    expect(queue.waiting).toBe(17);
    for (let index = 0; index < 20; index += 1) {
      batch(index)?.succeed();
      await turn();
    }
    await expect(Promise.all(outcomes)).resolves.toEqual(users);
  });

  it('tells each caller its own outcome, refusals included', async () => {
    const { queue, batch } = queueWith();
    const outcomes = ['a', 'b', 'c'].map((name) => queue.submit(named(name)));
    await turn();
    const refusal = new DomainError('USER_NOT_FOUND', 'There is no user "x".', [], { id: 'x' });
    batch(0).settle([{ value: 'a' }, { error: refusal }, { value: 'c' }]);
    const settled = await Promise.allSettled(outcomes);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(outcomes[1]).rejects.toBe(refusal);
  });

  it('turns a command away at once when too many wait, and takes one again when they do not', async () => {
    const { queue, batch, names } = queueWith({ queueMax: 2 });
    const first = queue.submit(named('a'));
    await turn();
    const waiting = ['b', 'c'].map((name) => queue.submit(named(name)));
    const refused = queue.submit(named('d'));
    await expect(refused).rejects.toBeInstanceOf(OverloadedError);
    await expect(refused).rejects.toThrow(
      'Too many commands are waiting; nothing was done. Call again a little later.',
    );
    batch(0).succeed();
    await first;
    await turn();
    const taken = queue.submit(named('e'));
    batch(1).succeed();
    await turn();
    batch(2).succeed();
    await expect(Promise.all([...waiting, taken])).resolves.toEqual(['b', 'c', 'e']);
    expect(names()).toEqual([['a'], ['b', 'c'], ['e']]);
  });

  it('counts what waits in all lanes together', async () => {
    const { queue, batch, batches } = queueWith({ lanes: 4, queueMax: 3 });
    const outcomes = ['a', 'b', 'c'].map((user) => queue.submit(named(user, user)));
    await expect(queue.submit(named('d', 'd'))).rejects.toBeInstanceOf(OverloadedError);
    await turn();
    for (const index of batches.keys()) batch(index).succeed();
    await expect(Promise.all(outcomes)).resolves.toEqual(['a', 'b', 'c']);
  });

  it('fails only the commands of a batch whose commit throws', async () => {
    const { queue, batch, names } = queueWith({ batchMax: 2 });
    const outcomes = ['a', 'b', 'c', 'd'].map((name) => queue.submit(named(name)));
    const settled = Promise.allSettled(outcomes);
    await turn();
    const fault = new Error('the disk is full');
    batch(0).fail(fault);
    await turn();
    batch(1).succeed();
    expect(await settled).toEqual([
      { status: 'rejected', reason: fault },
      { status: 'rejected', reason: fault },
      { status: 'fulfilled', value: 'c' },
      { status: 'fulfilled', value: 'd' },
    ]);
    expect(names()).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('leaves no caller waiting when a commit tells too few outcomes', async () => {
    const { queue, batch } = queueWith();
    const outcomes = ['a', 'b'].map((name) => queue.submit(named(name)));
    const settled = Promise.allSettled(outcomes);
    await turn();
    batch(0).settle([{ value: 'a' }]);
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('when closed, finishes what it has taken and takes nothing more', async () => {
    const { queue, batch, names } = queueWith({ batchMax: 1 });
    const taken = ['a', 'b'].map((name) => queue.submit(named(name)));
    await turn();
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    const late = queue.submit(named('c'));
    await expect(late).rejects.toBeInstanceOf(OverloadedError);
    await expect(late).rejects.toThrow('The server is shutting down; nothing was done. Call again.');
    batch(0).succeed();
    await turn();
    expect(closed).toBe(false);
    batch(1).succeed();
    await closing;
    await expect(Promise.all(taken)).resolves.toEqual(['a', 'b']);
    expect(names()).toEqual([['a'], ['b']]);
  });

  it('when closed while idle, is closed at once', async () => {
    const { queue, batches } = queueWith();
    await queue.close();
    await expect(queue.submit(named('a'))).rejects.toBeInstanceOf(OverloadedError);
    expect(batches).toEqual([]);
  });
});
