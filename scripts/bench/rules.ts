import { join } from 'node:path'
import { say } from '../support/run.ts'
import { type Figure, shuffled } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { wholePipeline } from './pipeline.ts'
import { startStack } from './stack.ts'

/** P14, paired on one stack: the pipeline with its rules ÷ the same with an adjudicator that decides nothing. */
export async function benchRules(options: BenchOptions): Promise<Figure[]> {
  const stack = await startStack(options)
  const rates = { rules: [] as number[], empty: [] as number[] }
  try {
    for (let repeat = 0; repeat < options.repeats; repeat++)
      for (const kind of shuffled(['rules', 'empty'] as const)) {
        await stack.useAdjudication(kind === 'empty' ? join(import.meta.dirname, 'empty-adjudicator.ts') : undefined)
        const { perSecond } = await wholePipeline(stack, options, `${kind}${repeat}`)
        say(`${kind}: ${perSecond} decided/s`)
        rates[kind].push(perSecond)
      }
  } finally {
    await stack.stop()
  }
  return [
    { name: 'decided with rules', unit: '/s', values: rates.rules },
    { name: 'decided with an empty adjudicator', unit: '/s', values: rates.empty },
    {
      name: 'P14 with rules ÷ empty',
      unit: '',
      values: rates.rules.map((rate, index) => rate / rates.empty[index]!),
      goal: '≥ 0.85, better 0.93',
    },
  ]
}
