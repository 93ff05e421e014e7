import { ledgerContract } from './ledger.ts'

ledgerContract('the Postgres of this run')
