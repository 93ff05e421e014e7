import { createClaimFactory } from '../../load/claims.ts'
import { say } from '../support/run.ts'
import { cpuByName } from './cpu.ts'
import { type Figure, shuffled } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { allWere, type Blast, blast, run } from './programs.ts'
import { type Stack, startStack } from './stack.ts'

/**
 * P6, P10 and the rate: the whole pipeline against raw kafkajs produce of the same bytes on the same broker. Everything is on the same
 * cores: client, gateway, adjudication, Kafka, Postgres (fsync on), Redis.
 */
export async function benchPipeline(options: BenchOptions): Promise<Figure[]> {
  const stack = await startStack(options)
  const decided: number[] = []
  const p99: number[] = []
  const produced: number[] = []
  const cpu: Record<string, number[]> = {}
  const note = (name: string, us: number) => {
    cpu[name] = [...(cpu[name] ?? []), us]
  }
  try {
    await wholePipeline(stack, options, 'WARM')
    for (let repeat = 0; repeat < options.repeats; repeat++)
      for (const kind of shuffled(['produce', 'pipeline'] as const)) {
        if (kind === 'produce') {
          const args = ['--brokers', stack.brokers, '--seconds', String(options.seconds), '--size', options.size]
          const { perSecond } = await run<{ perSecond: number }>('raw-produce.ts', args)
          say(`raw kafkajs produce: ${perSecond}/s`)
          produced.push(perSecond)
        } else {
          const before = cpuByName(stack.pids())
          const result = await wholePipeline(stack, options, `R${repeat}`)
          const after = cpuByName(stack.pids())
          say(`pipeline: ${result.perSecond} decided/s, p99 ${result.p99} ms`)
          decided.push(result.perSecond)
          p99.push(result.p99)
          for (const name of Object.keys(after)) note(name, (after[name]! - before[name]!) / result.sent)
          note('client', result.cpuUs)
        }
      }
  } finally {
    await stack.stop()
  }
  const parse = parseUs(options)
  const all = decided.map((_, repeat) =>
    Object.entries(cpu).reduce((sum, [name, values]) => (name === 'client' ? sum : sum + values[repeat]!), 0),
  )
  return [
    { name: `decided, ${options.connections} connections`, unit: '/s', values: decided, goal: '≥ 2,500' },
    { name: 'p99 of them (closed loop)', unit: 'ms', values: p99 },
    { name: 'raw kafkajs produce', unit: '/s', values: produced },
    {
      name: 'P6 decided ÷ raw produce',
      unit: '',
      values: decided.map((rate, index) => rate / produced[index]!),
      goal: '≥ 0.20, better 0.28',
    },
    { name: 'P12 decided ÷ national peak of 200/s', unit: '', values: decided.map((rate) => rate / 200), goal: '≥ 12' },
    { name: 'JSON.parse of one claim', unit: 'µs', values: [parse] },
    { name: 'CPU a claim, all but the client', unit: 'µs', values: all },
    { name: 'P10 CPU a claim ÷ JSON.parse', unit: '', values: all.map((us) => us / parse), goal: '≤ 60, better 40' },
    ...Object.entries(cpu).map(([name, values]) => ({ name: `CPU a claim: ${name}`, unit: 'µs', values })),
  ]
}

export async function wholePipeline(stack: Stack, options: BenchOptions, run: string): Promise<Blast> {
  const result = await blast({ ...options, port: stack.ingestPort, token: await stack.token(), prefer: 'wait=10', run })
  allWere('200', result)
  return result
}

/** Time of `JSON.parse` of the bytes of a claim as text, averaged over many claims. */
function parseUs({ size, members }: BenchOptions): number {
  const make = createClaimFactory({ run: 'J', facility: '01999', date: '2026-03-10', members, seed: 1 })
  const texts = Array.from({ length: 2_000 }, (_, sequence) => make({ sequence, size, format: 'json', revision: 0 }).body)
  const round = () => {
    const began = performance.now()
    for (const text of texts) JSON.parse(text)
    return ((performance.now() - began) / texts.length) * 1_000
  }
  for (let warm = 0; warm < 5; warm++) round()
  return Math.round(Math.min(round(), round(), round()) * 10) / 10
}
