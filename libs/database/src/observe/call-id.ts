// Numbers for calls, given when somebody asks: events and reports speak of one call by one number in the whole process.

let last = 0;

export function nextCallId(): number {
  return ++last;
}
