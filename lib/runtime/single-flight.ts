/**
 * Lets identical calls share work, and gives no caller a state from before its call: a call that arrives while an
 * identical one runs does not join that run, which may have read already, but the next, which starts when that ends and
 * serves all that came meanwhile. A thousand callers cost two runs.
 */
export function createSingleFlight<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, { running: Promise<T>; next?: Promise<T> }>();

  function start(key: string, work: () => Promise<T>): Promise<T> {
    const flight = { running: work() } as { running: Promise<T>; next?: Promise<T> };
    flights.set(key, flight);
    const land = () => {
      if (!flight.next) flights.delete(key);
    };
    flight.running.then(land, land);
    return flight.running;
  }

  return (key, work) => {
    const flight = flights.get(key);
    if (!flight) return start(key, work);
    const again = () => start(key, work);
    flight.next ??= flight.running.then(again, again);
    return flight.next;
  };
}
