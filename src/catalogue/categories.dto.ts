import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { ChangeDto } from '../management/api/change.dto.js';
import { PageDto } from '../management/api/page.dto.js';
import { MAX_CATEGORIES, MAX_CATEGORY_LENGTH } from './categories.service.js';

/** A category that has snaps. */
export class CategoryDto {
  @ApiProperty({ example: 'utilities' })
  name!: string;

  @ApiProperty({ type: 'integer', description: 'number of its snaps; `GET snaps?category=` lists them' })
  snaps!: number;
}

export class CategoryPageDto extends PageDto {
  @ApiProperty({ type: [CategoryDto] })
  items!: CategoryDto[];
}

/** The categories of a snap. */
export class SnapCategoriesDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ isArray: true, type: 'string', example: ['utilities'] })
  categories!: readonly string[];

  @ApiProperty({ enum: ['import', 'operator'], description: 'who chose them' })
  origin!: string;
}

/** The categories of a snap from now on. */
export class SnapCategoriesResultDto extends SnapCategoriesDto {
  @ApiProperty({ name: 'dry-run' })
  'dry-run'!: boolean;

  @ApiProperty()
  changed!: boolean;
}

/** New categories of a snap: either a list, or the imported ones. */
export class SnapCategoriesChoiceDto extends ChangeDto {
  @ApiPropertyOptional({
    isArray: true,
    type: 'string',
    description: 'all categories of the snap; `featured` is the one that `snap find` shows by default',
    maxItems: MAX_CATEGORIES,
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_CATEGORIES)
  @IsString({ each: true })
  @MaxLength(MAX_CATEGORY_LENGTH, { each: true })
  categories?: string[];

  @ApiPropertyOptional({ description: 'use the categories that were imported with the snap' })
  @IsOptional()
  @IsBoolean()
  imported?: boolean;
}
