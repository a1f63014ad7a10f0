import {
  autocompletion,
  type Completion,
  closeBrackets,
  closeBracketsKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, forceLinting } from '@codemirror/lint';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import {
  type CompleteStrategy,
  newCompleteStrategy,
  PromQLExtension,
} from '@prometheus-io/codemirror-promql';
import type { PromqlProblem } from '@/lib/model/wire/promql';
import { createNamesClient } from './names-client';

export interface EditorOptions {
  text: string;
  /** Its name for assistive technology. */
  label: string;
  /** What is shown while there is no text. */
  hint: string;
  /** Functions and aggregations that the server knows: the grammar has more. */
  functions: ReadonlySet<string>;
  onChange(text: string): void;
  onRun(): void;
}

/** An editor of PromQL with completion, and with problems at their places. */
export interface ExpressionEditor {
  setText(text: string): void;
  /** What the server said of a text; it is shown while the text is that one. */
  setProblem(problem: (PromqlProblem & { of: string }) | null): void;
  focus(): void;
  close(): void;
}

const COLOURS = HighlightStyle.define([
  {
    tag: [tags.function(tags.variableName), tags.operatorKeyword, tags.modifier, tags.keyword],
    color: 'var(--accent)',
  },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: tags.number, color: 'var(--warn)' },
  { tag: tags.labelName, color: 'var(--ink-2)' },
  { tag: tags.comment, color: 'var(--ink-3)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

const LOOKS = EditorView.theme({
  '&': { fontSize: '0.875rem', backgroundColor: 'transparent', color: 'var(--ink)' },
  // The field around it shows that it has the focus.
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--font-mono)',
    lineHeight: '1.25rem',
    maxHeight: '12rem',
    overflow: 'auto',
  },
  '.cm-content': { padding: '0.3125rem 0', caretColor: 'var(--ink)' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '.cm-line': { padding: '0 0.625rem' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--bad-soft)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: '0.375rem',
    boxShadow: 'var(--shadow-pop)',
    overflow: 'hidden',
    maxWidth: 'min(28rem, calc(100vw - 1rem))',
    zIndex: '50',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--font-mono)',
    maxHeight: '16rem',
    minWidth: '12rem',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '0.25rem 0.625rem', lineHeight: '1.25rem' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--accent)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': { color: 'var(--ink-3)', fontStyle: 'normal', marginLeft: '1rem' },
  '.cm-completionIcon': { display: 'none' },
  '.cm-tooltip.cm-completionInfo': { padding: '0.375rem 0.625rem', maxWidth: '22rem', fontSize: '0.75rem' },
  // Where there is no room beside the list, it would lie over it.
  '@media (max-width: 40rem)': { '.cm-tooltip.cm-completionInfo': { display: 'none' } },
  '.cm-diagnostic': { padding: '0.375rem 0.625rem', fontSize: '0.75rem', border: 'none' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad) 1px',
    textUnderlineOffset: '3px',
  },
});

export function createExpressionEditor(parent: HTMLElement, options: EditorOptions): ExpressionEditor {
  const { text, label, hint, functions, onChange, onRun } = options;
  let problem: (PromqlProblem & { of: string }) | null = null;
  const promql = new PromQLExtension().setComplete({ completeStrategy: completeWith(functions) });
  const ownLinter = promql.getLinter().promQL();
  promql.setLinter({
    promQL: () => async (view) => {
      const found = await ownLinter(view);
      // The grammar's own words are about the same place, and say less.
      const said = problem?.of.trim() === view.state.doc.toString().trim() ? problem : null;
      return said?.place ? [diagnosticOf(said, view.state.doc.length)] : found;
    },
  });
  const run = () => {
    onRun();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        history(),
        placeholder(hint),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        syntaxHighlighting(COLOURS),
        LOOKS,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocapitalize: 'off' }),
        // Enter asks, as in Prometheus; where a completion is offered, that comes first. Tab leaves the field.
        Prec.high(
          keymap.of([
            { key: 'Enter', run },
            { key: 'Mod-Enter', run },
            { key: 'Shift-Enter', run: insertNewlineAndIndent },
          ]),
        ),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
        promql.asExtension(),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(next) {
      const { doc } = view.state;
      if (doc.toString() !== next) view.dispatch({ changes: { from: 0, to: doc.length, insert: next } });
    },
    setProblem(next) {
      problem = next;
      forceLinting(view);
    },
    focus() {
      view.focus();
      view.dispatch({ selection: { anchor: view.state.doc.length } });
    },
    close() {
      promql.destroy();
      view.destroy();
    },
  };
}

/** Completion by names that there are, without what cannot be answered. */
function completeWith(functions: ReadonlySet<string>): CompleteStrategy {
  const all = newCompleteStrategy({ remote: createNamesClient() });
  const isKnown = ({ label, detail, type }: Completion) => {
    if (detail === 'function' || detail === 'aggregation') return functions.has(label);
    return detail !== 'snippet' && (type !== 'keyword' || !label.startsWith('fill'));
  };
  return {
    async promQL(context) {
      const found = await all.promQL(context);
      return found && { ...found, options: found.options.filter(isKnown) };
    },
    destroy: () => all.destroy?.(),
  };
}

/** The server trims what it is asked; a place at the end is shown on the last character. */
function diagnosticOf({ message, place }: PromqlProblem, length: number): Diagnostic {
  const to = Math.min(length, Math.max(place!.to, place!.from + 1));
  return { from: Math.max(0, Math.min(place!.from, to - 1)), to, severity: 'error', message };
}
