import { cpus, freemem, platform, release, totalmem } from 'node:os'

export interface Environment {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly freeGiB: number
  readonly system: string
  readonly node: string
}

/** The machine of the harness; the gateway's may be another. */
export function environment(): Environment {
  const found = cpus()
  const gib = (bytes: number) => Math.round(bytes / 2 ** 30)
  return {
    cpu: found[0]?.model.trim() ?? 'unknown',
    cores: found.length,
    memoryGiB: gib(totalmem()),
    freeGiB: gib(freemem()),
    system: `${platform()} ${release()}`,
    node: process.version,
  }
}
