import { type Config, readConfig } from '../config.ts'
import { type Composed, compose } from '../main.ts'
import { createLogger } from '../platform/log.ts'
import { remark } from './output.ts'

/**
 * Opens what a command needs on the store that the environment names, also while a gateway runs on it, and closes it whatever happens.
 * Nothing is logged: the command says what went wrong.
 */
export async function withGateway<T>(
  work: (composed: Composed) => Promise<T>,
  config: Config = readConfig(process.env),
): Promise<T> {
  const composed = compose(config, createLogger({ level: 'silent' }), remark)
  try {
    return await work(composed)
  } finally {
    await composed.close()
  }
}
