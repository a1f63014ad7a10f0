import type { StoreQuestion } from '../store';

/**
 * Cuts a question between its steps into ones that each meet at most `most` stretches of time, in order: their points
 * one after the other are its points. A single step is not cut, however many it meets.
 *
 * @param starts of the stretches, epoch ms, ascending.
 */
export function slicesOf(question: StoreQuestion, starts: readonly number[], most: number): StoreQuestion[] {
  const { start, end } = question;
  const within = starts.filter((at) => at > start && at < end);
  const cuts: number[] = [];
  for (let i = most - 1; i < within.length; i += most) {
    const cut = nextStep(question, within[i]);
    if (cut > (cuts.at(-1) ?? start) && cut < end) cuts.push(cut);
  }
  return [start, ...cuts].map((from, i) => slice(question, from, cuts[i] ?? end));
}

/** The end of the last step that begins before a moment, which lies within the question. */
function nextStep({ start, end, step, starts }: StoreQuestion, moment: number): number {
  if (starts) return starts.find((at) => at >= moment) ?? end;
  return start + Math.ceil((moment - start) / step) * step;
}

function slice(question: StoreQuestion, start: number, end: number): StoreQuestion {
  const starts = question.starts?.filter((at) => at >= start && at < end);
  return { ...question, start, end, ...(starts && { starts }) };
}
