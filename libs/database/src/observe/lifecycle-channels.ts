// The channels themselves. Without a subscriber an event costs one look at `hasSubscribers`; whoever publishes looks first,
// so that no payload is made for nobody.
import { channel, subscribe, unsubscribe, type Channel } from 'node:diagnostics_channel';
import { LIFECYCLE_EVENTS, type LifecycleEvent, type LifecycleEvents } from './lifecycle-events.js';

const nameOf = (event: LifecycleEvent): string => `hydrogen:database:${event}`;

type Channels = {
  readonly [E in LifecycleEvent]: Omit<Channel, 'publish'> & { publish(message: LifecycleEvents[E]): void };
};

/** Held here for good: a channel that nobody holds may be collected with its subscribers. */
export const channels = Object.fromEntries(
  LIFECYCLE_EVENTS.map((event) => [event, channel(nameOf(event))]),
) as Channels;

export type LifecycleListener = <E extends LifecycleEvent>(event: E, message: LifecycleEvents[E]) => void;

/**
 * Calls `listener` for every event of every database of this process, synchronously and in order, until the returned function is called.
 * It must not throw (Node ends the process then) nor take long. The same as subscribing to `hydrogen:database:<event>` one by one.
 */
export function onDatabaseEvents(listener: LifecycleListener): () => void {
  const each = LIFECYCLE_EVENTS.map((event) => {
    const told = (message: unknown): void => listener(event, message as never);
    subscribe(nameOf(event), told);
    return () => unsubscribe(nameOf(event), told);
  });
  return () => each.forEach((stop) => stop());
}
