// When work is done.

/** `work`, one at a time: what is asked for while it runs is done once more after it. Gives a promise of the end. */
export function oneAtATime(work) {
  let running = null;
  let again = false;
  const run = async () => {
    try {
      while (again) {
        again = false;
        await work();
      }
    } finally {
      running = null;
    }
  };
  return () => {
    again = true;
    running ??= run();
    return running;
  };
}
