import { section } from './section.ts';

section('models', {
  printed: [
    [
      { llm: { model: 'ai/llm', name: 'n', context_size: 4096, runtime_flags: ['--a', 'b'] } },
      `
      models:
        llm:
          name: "n"
          model: ai/llm
          context_size: 4096
          runtime_flags:
            - --a
            - b`,
    ],
  ],
  refused: [
    [{ llm: {} }, 'models.llm: attribute "model" is missing'],
    [{ llm: { model: 'm', context_size: '4k' } }, 'models.llm.context_size must be an integer'],
    [{ llm: { model: 'm', flags: [] } }, 'models.llm: unknown attribute "flags"'],
  ],
});
