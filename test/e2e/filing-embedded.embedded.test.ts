import { join } from 'node:path'
import { filingSuite } from './support/filing.ts'

filingSuite('on the embedded default, one process', async (folder) => ({
  env: { GATEWAY_STORE_URL: `embedded:${join(folder, 'data')}`, GATEWAY_KEYS_DIR: join(folder, 'keys') },
  roles: ['all'],
  stop: async () => {},
}))
