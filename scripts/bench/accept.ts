import { startKafka } from '../provision/kafka.ts'
import { say } from '../support/run.ts'
import { cpuByName } from './cpu.ts'
import { type Figure, shuffled } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { allWere, blast, serve } from './programs.ts'

/**
 * P1 and P2, paired: bare `node:http`, the front door with nothing behind it, the front door with real Kafka behind it (all in-sync
 * replicas, nobody consumes), each alone on the machine, in another order each time.
 */
export async function benchAccept(options: BenchOptions): Promise<Figure[]> {
  const kafka = await startKafka({ brokers: 1, own: true, heapMb: 512 })
  const kinds = {
    raw: { program: 'raw-http.ts', args: [] },
    accept: { program: 'accept-only.ts', args: [] },
    durable: { program: 'accept-only.ts', args: ['--kafka', kafka.url] },
  } as const
  const rates: Record<keyof typeof kinds, number[]> = { raw: [], accept: [], durable: [] }
  const cpus: Record<keyof typeof kinds, number[]> = { raw: [], accept: [], durable: [] }
  try {
    for (let repeat = 0; repeat < options.repeats; repeat++)
      for (const kind of shuffled(Object.keys(kinds) as (keyof typeof kinds)[])) {
        const { rate, cpuUs } = await measure(kinds[kind].program, kinds[kind].args, options)
        rates[kind].push(rate)
        cpus[kind].push(cpuUs)
        say(`${kind}: ${rate}/s, ${cpuUs} µs of the server a claim`)
      }
  } finally {
    await kafka.stop()
  }
  const paired = (a: readonly number[], b: readonly number[]) => a.map((value, index) => value / b[index]!)
  return [
    { name: 'bare node:http POST', unit: '/s', values: rates.raw },
    { name: 'accept only', unit: '/s', values: rates.accept },
    { name: 'accept with acks=all', unit: '/s', values: rates.durable },
    { name: 'P1 accept only ÷ bare node:http', unit: '', values: paired(rates.accept, rates.raw), goal: '≥ 0.40, better 0.50' },
    {
      name: 'P2 accept with acks=all ÷ accept only',
      unit: '',
      values: paired(rates.durable, rates.accept),
      goal: '≥ 0.55, better 0.75',
    },
    { name: 'CPU of the server a claim, bare', unit: 'µs', values: cpus.raw },
    { name: 'CPU of the server a claim, accept only', unit: 'µs', values: cpus.accept },
    { name: 'CPU of the server a claim, accept with acks=all', unit: 'µs', values: cpus.durable },
  ]
}

async function measure(
  program: string,
  args: readonly string[],
  options: BenchOptions,
): Promise<{ rate: number; cpuUs: number }> {
  const server = await serve(program, args)
  try {
    const { port, token } = server
    const common = { port, token, connections: 64, prefer: 'respond-async', size: options.size, members: options.members }
    await blast({ ...common, seconds: options.warmUpS, warmUpS: 0, run: 'W' })
    const before = cpuByName({ server: server.pid })['server']!
    const result = await blast({ ...common, seconds: options.seconds, warmUpS: 0, run: 'M' })
    const used = cpuByName({ server: server.pid })['server']! - before
    allWere('202', result)
    return { rate: result.perSecond, cpuUs: Math.round(used / result.sent) }
  } finally {
    await server.stop()
  }
}
