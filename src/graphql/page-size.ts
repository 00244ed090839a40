/** How many a page holds when neither `first` nor `last` is given, and the most that may be asked for. */
export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 100;
