import { attribute } from './attribute.ts';

attribute('models', {
  top: { models: { llm: { model: 'ai/llm' } } },
  printed: [
    [
      ['llm'],
      `
      models:
        llm: null`,
    ],
    [
      { llm: { endpoint_var: 'URL', model_var: 'NAME' } },
      `
      models:
        llm:
          endpoint_var: URL
          model_var: NAME`,
    ],
  ],
  refused: [
    [['other'], 'service "web" refers to undefined model other'],
    [{ llm: { endpoint: 'URL' } }, 'services.web.models.llm: unknown attribute "endpoint"'],
    ['llm', 'services.web.models must be a list or a mapping'],
  ],
  warned: [[['llm'], '"models" is not carried out: no model runner is built in (web)']],
});
