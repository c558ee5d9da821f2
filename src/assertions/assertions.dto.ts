import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageDto, PageQueryDto } from '../management/api/page.dto.js';
import { MAX_SEARCHED_HEADERS } from './assertion-search.service.js';

const MAX_TYPE_LENGTH = 64;

/** An assertion of the store, without its headers. */
export class AssertionSummaryDto {
  @ApiProperty({ example: 'snap-declaration' })
  type!: string;

  @ApiProperty({ name: 'primary-key', type: [String], description: 'its values, in the order of the type' })
  'primary-key'!: readonly string[];

  @ApiProperty({ type: 'integer', description: 'of the assertion' })
  revision!: number;

  @ApiProperty({ type: 'integer' })
  format!: number;

  @ApiProperty({ name: 'authority-id', type: 'string', nullable: true })
  'authority-id'!: string | null;

  @ApiProperty({ name: 'sign-key-sha3-384' })
  'sign-key-sha3-384'!: string;
}

/** An assertion of the store. */
export class AssertionDto extends AssertionSummaryDto {
  @ApiProperty({ type: 'object', additionalProperties: true })
  headers!: object;

  @ApiProperty()
  body!: string;
}

export class AssertionPageDto extends PageDto {
  @ApiProperty({ type: [AssertionSummaryDto] })
  items!: AssertionSummaryDto[];
}

/** Which assertions are asked for. */
export class AssertionQueryDto extends PageQueryDto {
  @ApiProperty({ example: 'snap-declaration' })
  @IsString()
  @MaxLength(MAX_TYPE_LENGTH)
  type!: string;

  @ApiPropertyOptional({
    type: [String],
    maxItems: MAX_SEARCHED_HEADERS,
    example: ['snap-name=jq'],
    description: 'NAME=VALUE: a header that it must have; repeatable',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray()
  @ArrayMaxSize(MAX_SEARCHED_HEADERS)
  @IsString({ each: true })
  header?: string[];
}
