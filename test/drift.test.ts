import { expect, test } from 'vitest'
import { drift } from '../scripts/gen.ts'

test('everything generated is what its source gives', async () => {
  const paths = await drift()
  expect(paths, `run \`npm run gen\` and commit: ${paths.join(', ')}`).toEqual([])
})
