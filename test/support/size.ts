/** How much a test does: the CI column of the scoreboards, or (`npm run test:release`) the release column. */
export const sized = (ci: number, release: number): number => (process.env['BHYT_SIZE'] === 'release' ? release : ci)
