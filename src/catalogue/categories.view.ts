import type { SnapCategories } from './categories.service.js';

/** The categories of a snap as JSON. */
export interface SnapCategoriesView {
  readonly categories: readonly string[];
  readonly origin: 'import' | 'operator';
}

export function snapCategoriesView({ categories, isChosen }: SnapCategories): SnapCategoriesView {
  return { categories: categories.map(({ name }) => name), origin: isChosen ? 'operator' : 'import' };
}
