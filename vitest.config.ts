import { defineConfig } from 'vitest/config'

/** Three kinds of tests by file name: pure, with an embedded Postgres, with real services (`npm test` provisions them). */
const common = { environment: 'node', pool: 'forks', testTimeout: 30_000, hookTimeout: 120_000 } as const

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.embedded.test.ts', 'test/**/*.service.test.ts', 'test/**/*.release.test.ts'],
        },
      },
      {
        test: {
          ...common,
          name: 'embedded',
          include: ['test/**/*.embedded.test.ts'],
          globalSetup: ['test/support/embedded-postgres.ts'],
        },
      },
      {
        test: {
          ...common,
          name: 'service',
          include: ['test/**/*.service.test.ts'],
          globalSetup: ['test/support/services.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
})
