// The stack begins at whoever awaits, though nothing was captured while the call was made.
import { describe, expect, it } from '@jest/globals';
import { rejection } from '../../test-support/failure.js';
import { databaseError } from './database.error.js';
import { restack } from './restack.js';

/** As a socket's event does: the error is made where no caller is on the stack. */
function farAway(error: () => Error): Promise<never> {
  return new Promise((_resolve, reject) => {
    setImmediate(() => {
      reject(error());
    });
  });
}

const unique = (): Error => databaseError({ code: 'DB_UNIQUE', message: 'twice' });

async function theDoor(error = unique): Promise<void> {
  try {
    await farAway(error);
  } catch (failure) {
    throw restack(failure);
  }
}

async function theRepository(error = unique): Promise<void> {
  await theDoor(error);
}

async function theService(error = unique): Promise<void> {
  await theRepository(error);
}

describe('restack', () => {
  it('names every async function on the way to the caller, which the error could not know', async () => {
    const { stack = '' } = await rejection(theService());
    const [above = '', below = ''] = stack.split('\n  raised:\n');
    expect(above).toMatch(/^DatabaseConstraintError: twice\n/);
    expect(above).toMatch(/theRepository[\s\S]*theService/);
    expect(below).toContain('Immediate');
    expect(below).not.toContain('theService');
  });

  it('a second time changes nothing', async () => {
    const error = databaseError({ code: 'DB_UNIQUE', message: 'twice' });
    const raise = (): Error => error;
    const { stack } = await rejection(theService(raise));
    async function anotherDoor(): Promise<void> {
      await theService(raise);
    }
    const again = await rejection(anotherDoor());
    expect(again).toBe(error);
    expect(again.stack).toBe(stack);
    expect(restack(error)).toBe(error);
    expect(error.stack).toBe(stack);
  });

  it('leaves alone what is not ours', () => {
    const foreign = new Error('mine');
    const { stack } = foreign;
    expect(restack(foreign)).toBe(foreign);
    expect(foreign.stack).toBe(stack);
    expect(restack('text')).toBe('text');
    expect(restack(undefined)).toBeUndefined();
  });

  it('keeps code, fields and cause', async () => {
    const cause = new Error('socket');
    const error = await rejection(
      theService(() => databaseError({ code: 'DB_QUERY', message: 'm', table: 't' }, { cause })),
    );
    expect(error).toMatchObject({ code: 'DB_QUERY', table: 't' });
    expect(error.cause).toBe(cause);
  });

  it('shows frames as the place of origin, also below a message of several lines', async () => {
    const raise = (): Error => databaseError({ code: 'DB_QUERY', message: 'one\ntwo\nthree\nfour' });
    const { stack = '' } = await rejection(theService(raise));
    const [, below = ''] = stack.split('\n  raised:\n');
    expect(below.split('\n').every((line) => /^\s+at /.test(line))).toBe(true);
    expect(below).toContain('Immediate');
  });
});
