import { mergeCases } from './attribute.ts';

mergeCases('use_api_socket', [['the override replaces', 'true', 'false', 'false']]);
