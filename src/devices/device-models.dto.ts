import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { MAX_INTEGER } from '../common/domain/words.js';
import { DEFAULT_MAX_SERIALS } from '../common/limits.js';
import { PageDto } from '../management/api/page.dto.js';
import { MAX_API_KEY_LENGTH, MAX_HARDWARE_ISSUERS, MAX_REMODEL_FROM } from './device-models.service.js';

/** Longest name of a model, an account or a key in a request, in characters. */
export const MAX_NAME_LENGTH = 256;

/** A model whose devices register here. */
export class DeviceModelDto {
  @ApiProperty({ name: 'brand-id' })
  'brand-id'!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ name: 'has-api-key', description: 'whether devices must send a key, which is never shown' })
  'has-api-key'!: boolean;

  @ApiProperty({
    name: 'remodel-from',
    type: [String],
    description: 'BRAND/MODEL of the models whose devices may become this one',
  })
  'remodel-from'!: readonly string[];

  @ApiProperty({ name: 'max-serials', type: 'integer' })
  'max-serials'!: number;

  @ApiProperty({
    name: 'hardware-issuers',
    type: [String],
    description: 'accounts whose hardware-identity must be proven',
  })
  'hardware-issuers'!: readonly string[];

  @ApiProperty({
    name: 'signing-key',
    type: 'string',
    nullable: true,
    description: 'the key of the newest serial policy',
  })
  'signing-key'!: string | null;
}

export class DeviceModelPageDto extends PageDto {
  @ApiProperty({ type: [DeviceModelDto] })
  items!: DeviceModelDto[];
}

/** How devices of a model register. */
export class ModelRulesDto {
  @ApiPropertyOptional({
    name: 'api-key',
    type: 'string',
    nullable: true,
    format: 'password',
    description:
      'that devices must send, letters and digits; null: none. Left out with hardware-issuers alone',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_API_KEY_LENGTH)
  'api-key'?: string | null;

  @ApiPropertyOptional({
    name: 'remodel-from',
    type: [String],
    maxItems: MAX_REMODEL_FROM,
    description: 'MODEL or BRAND/MODEL',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_REMODEL_FROM)
  @IsString({ each: true })
  @MaxLength(2 * MAX_NAME_LENGTH, { each: true })
  'remodel-from'?: string[];

  @ApiPropertyOptional({
    name: 'max-serials',
    type: 'integer',
    minimum: 1,
    maximum: MAX_INTEGER,
    default: DEFAULT_MAX_SERIALS,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_INTEGER)
  'max-serials'?: number;

  @ApiPropertyOptional({
    name: 'hardware-issuers',
    type: [String],
    maxItems: MAX_HARDWARE_ISSUERS,
    description: 'accounts: require a proof of a hardware-identity of one of them, instead of an API key',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_HARDWARE_ISSUERS)
  @IsString({ each: true })
  @MaxLength(MAX_NAME_LENGTH, { each: true })
  'hardware-issuers'?: string[];
}

/** A new model; the store must hold its model assertion. */
export class NewModelDto extends ModelRulesDto {
  @ApiProperty({ maxLength: MAX_NAME_LENGTH })
  @IsString()
  @MaxLength(MAX_NAME_LENGTH)
  name!: string;

  @ApiPropertyOptional({
    name: 'brand-id',
    maxLength: MAX_NAME_LENGTH,
    description: 'required if several brands have a model of this name',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME_LENGTH)
  'brand-id'?: string;
}

/** The key that signs the serials of a model. */
export class SerialPolicyDto {
  @ApiProperty({ name: 'brand-id' })
  'brand-id'!: string;

  @ApiProperty()
  model!: string;

  @ApiProperty({ type: 'integer', description: 'the newest policy of a model applies' })
  revision!: number;

  @ApiProperty({ name: 'signing-key' })
  'signing-key'!: string;
}

export class SerialPolicyPageDto extends PageDto {
  @ApiProperty({ type: [SerialPolicyDto] })
  items!: SerialPolicyDto[];
}

/** A new serial policy, which applies from now on. */
export class NewSerialPolicyDto {
  @ApiPropertyOptional({
    name: 'brand-id',
    maxLength: MAX_NAME_LENGTH,
    description: 'required if several brands have a model of this name',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME_LENGTH)
  'brand-id'?: string;

  @ApiProperty({ maxLength: MAX_NAME_LENGTH })
  @IsString()
  @MaxLength(MAX_NAME_LENGTH)
  model!: string;

  @ApiProperty({
    name: 'signing-key',
    maxLength: MAX_NAME_LENGTH,
    description: 'the name of a key of `keys`',
  })
  @IsString()
  @MaxLength(MAX_NAME_LENGTH)
  'signing-key'!: string;
}
