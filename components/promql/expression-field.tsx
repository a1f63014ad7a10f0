'use client';

import { type RefObject, useEffect, useEffectEvent, useRef, useState } from 'react';
import type { PromqlProblem } from '@/lib/model/wire/promql';
import { cn } from '../ui/cn';
import type { ExpressionEditor } from './editor';

export interface ExpressionFieldProps {
  text: string;
  /** What the server said of `query`, the expression that is shown. */
  problem: PromqlProblem | null;
  query: string;
  /** Names that completion offers. */
  functions: readonly string[];
  onChange(text: string): void;
  onRun(): void;
}

const LABEL = 'PromQL expression';
const HINT = 'sum by (region) (rate(http_requests_total[1m]))';

/**
 * Where an expression is typed: a plain field of the form until the editor is loaded, and without scripts; then the
 * editor.
 */
export function ExpressionField({ text, problem, query, functions, onChange, onRun }: ExpressionFieldProps) {
  const box = useRef<HTMLDivElement>(null);
  const plain = useRef<HTMLTextAreaElement>(null);
  const editor = useEditor(box, plain, { text, functions, onChange, onRun });
  useEffect(() => editor?.setText(text), [editor, text]);
  useEffect(() => editor?.setProblem(problem && { ...problem, of: query }), [editor, problem, query]);
  return (
    <div
      className={cn(
        'min-h-8 min-w-0 grow basis-80 rounded-md border border-line-strong/60 bg-surface focus-within:outline-2 focus-within:outline-offset-1 focus-within:outline-accent',
        problem && 'border-bad',
      )}
    >
      {editor ? (
        <input type="hidden" name="query" value={text} />
      ) : (
        <textarea
          ref={plain}
          name="query"
          aria-label={LABEL}
          rows={Math.max(1, text.split('\n').length)}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey) return;
            event.preventDefault();
            onRun();
          }}
          spellCheck={false}
          autoCapitalize="off"
          placeholder={HINT}
          className="block w-full resize-none bg-transparent px-2.5 py-[0.3125rem] font-mono text-sm outline-none placeholder:text-ink-3"
        />
      )}
      <div ref={box} />
    </div>
  );
}

type FieldState = Pick<ExpressionFieldProps, 'text' | 'functions' | 'onChange' | 'onRun'>;

/** The editor in `box`, which is loaded when the page is; null until then. */
function useEditor(
  box: RefObject<HTMLDivElement | null>,
  plain: RefObject<HTMLTextAreaElement | null>,
  { text, functions, onChange, onRun }: FieldState,
): ExpressionEditor | null {
  const [editor, setEditor] = useState<ExpressionEditor | null>(null);
  const create = useEffectEvent((make: typeof import('./editor').createExpressionEditor) =>
    make(box.current!, {
      text,
      label: LABEL,
      hint: HINT,
      functions: new Set(functions),
      onChange: change,
      onRun: run,
    }),
  );
  const change = useEffectEvent(onChange);
  const run = useEffectEvent(onRun);
  useEffect(() => {
    let made: ExpressionEditor | null = null;
    let isLeft = false;
    import('./editor').then(
      ({ createExpressionEditor }) => {
        if (isLeft) return;
        const hadFocus = document.activeElement === plain.current;
        made = create(createExpressionEditor);
        setEditor(made);
        if (hadFocus) made.focus();
      },
      // The plain field stays: it does the same, without completion.
      () => {},
    );
    return () => {
      isLeft = true;
      setEditor(null);
      made?.close();
    };
  }, [plain]);
  return editor;
}
