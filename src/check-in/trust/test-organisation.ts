/** Every certificate of a test authority carries this organisation: a store of production knows it by that and refuses it. */
export const TEST_ORGANISATION = 'BHYT TEST AUTHORITY - NOT REAL'
