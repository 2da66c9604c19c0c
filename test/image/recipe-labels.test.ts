import t from 'tap';
import { recipeKey } from '../../src/image/recipe-key.js';
import { PACKAGE, problemsOf } from '../config/problems-of.js';

t.test('labels of an image make no other image', async (t) => {
  const recipe = { image_download: { url: 'https://example.org/a.qcow2', insecure: true } };
  t.equal(await recipeKey({ ...recipe, labels: { os: 'x' } }), await recipeKey(recipe));
  t.not(
    await recipeKey({ image_download: { ...recipe.image_download, url: 'https://example.org/b.qcow2' } }),
    await recipeKey(recipe),
  );
});

t.test('labels alone are no recipe', async (t) => {
  const cwd = t.testdir({ package: PACKAGE, 'own.yaml': 'image_flow: { mine: { labels: { os: x } } }\n' });
  t.match(await problemsOf({ cwd, files: ['own.yaml'] }), /^own\.yaml:1:\d+: mine: no recipe: give it one of/);
});
