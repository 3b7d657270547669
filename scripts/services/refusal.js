// Why a broker can't be had on this machine: no failure of the project's.

export class Unavailable extends Error {}
