import { KEY_PLACE } from '@/lib/model/protocols/protocol';
import { CopyButton } from '../ui/copy-button';

/**
 * Something to paste. Its lines are not broken: the figure scrolls, which its button lets keys do. The place of a key that
 * is missing is marked.
 */
export function ConfigBlock({
  title,
  text,
  secret,
}: {
  title: string;
  text: string;
  /** The key in the text; null where there is none. */
  secret: string | null;
}) {
  const pieces = secret === KEY_PLACE ? text.split(new RegExp(`\\b(${KEY_PLACE})\\b`)) : [text];
  return (
    <figure className="min-w-0 overflow-x-auto rounded-md border bg-sunken">
      <figcaption className="sticky left-0 flex items-center justify-between gap-2 border-b py-1 pr-1 pl-3 text-xs text-ink-2">
        <span className="min-w-0">{title}</span>
        <CopyButton text={text} label="Copy" size="sm" look="ghost" aria-label={`Copy: ${title}`} />
      </figcaption>
      <pre className="w-max min-w-full p-3 font-mono text-xs text-ink">
        {pieces.map((piece, i) =>
          i % 2 === 1 ? (
            <mark key={piece + String(i)} className="rounded bg-warn-soft px-0.5 text-warn">
              {piece}
            </mark>
          ) : (
            piece
          ),
        )}
      </pre>
    </figure>
  );
}
