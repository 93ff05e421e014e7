import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, say } from '../support/run.ts'
import type { Figure } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { wholePipeline } from './pipeline.ts'
import { lastLine } from './programs.ts'
import { type Stack, startStack } from './stack.ts'

interface LoadReport {
  readonly sound: boolean
  readonly summary: {
    readonly outcomes: Readonly<Record<string, number>>
    readonly latency: { readonly decided: { readonly percentiles: readonly { percentile: number; ms: number }[] } }
  }
}

/** Answer times by the open loop of the load harness (Poisson arrivals, from the planned time), and P11 at half of the maximum. */
export async function benchLatency(options: BenchOptions): Promise<Figure[]> {
  const stack = await startStack(options)
  const folder = mkdtempSync(join(tmpdir(), 'bhyt-bench-'))
  const figures: Figure[] = []
  try {
    const { perSecond } = await wholePipeline(stack, options, 'MAX')
    for (const [rate, goal] of [
      [200, 'p99 < 60 ms'],
      [1_000, 'p99 < 120 ms'],
      [Math.round(perSecond / 2), 'half of the maximum'],
    ] as const) {
      const runs: Record<string, number[]> = { p50: [], p99: [], 'p99.9': [], 'p99 ÷ p50': [] }
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        const at = await openLoop(stack, options, rate, folder)
        say(`${rate}/s: p50 ${at(50)}, p99 ${at(99)}, p99.9 ${at(99.9)} ms`)
        runs['p50']!.push(at(50))
        runs['p99']!.push(at(99))
        runs['p99.9']!.push(at(99.9))
        runs['p99 ÷ p50']!.push(at(99) / at(50))
      }
      for (const [name, values] of Object.entries(runs))
        figures.push({
          name: `${rate}/s: ${name}`,
          unit: name.includes('÷') ? '' : 'ms',
          values,
          ...(name === 'p99' ? { goal } : {}),
        })
    }
  } finally {
    await stack.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return figures
}

async function openLoop(
  stack: Stack,
  options: BenchOptions,
  rate: number,
  folder: string,
): Promise<(percentile: number) => number> {
  const args = [
    ...['--url', `http://127.0.0.1:${stack.ingestPort}`, '--client-file', stack.clientFile, '--rate', String(rate)],
    ...['--seconds', String(options.seconds), '--members', String(options.members), '--mix', `${options.size}=100`],
    ...['--out', join(folder, `open-${rate}`), '--json'],
  ]
  const report = JSON.parse(await lastLine(join(root, 'load/main.ts'), args)) as LoadReport
  if (!report.sound) throw new Error('a claim was lost or doubled')
  const { percentiles } = report.summary.latency.decided
  return (percentile) => percentiles.find((one) => one.percentile === percentile)!.ms
}
