import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsOptional,
  IsString,
  IsUUID,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { ROLES, SCOPES, type Role, type Scope } from '../common/domain/role.js';
import { MAX_LINE_BYTES } from '../common/terminal/line-input.js';
import { MAX_COMMAND_BYTES, MAX_COMMAND_FILES, MAX_COMMAND_WORDS } from './command-limits.js';

/** A command that can be run over the network. */
export class CommandDto {
  @ApiProperty({ example: 'create key' })
  words!: string;

  @ApiProperty({ enum: ROLES })
  role!: Role;

  @ApiProperty({ enum: SCOPES })
  scope!: Scope;
}

export class CommandListDto {
  @ApiProperty({ description: 'of the program' })
  version!: string;

  @ApiProperty({ type: [CommandDto] })
  items!: CommandDto[];
}

/** A file in a folder. */
export class SentEntryDto {
  @ApiProperty({ description: 'below the folder, with slashes' })
  @IsString()
  path!: string;

  @ApiPropertyOptional({ description: 'in Base64', format: 'byte' })
  @IsOptional()
  @IsString()
  content?: string;

  @ApiPropertyOptional({ description: 'instead of `content`: the id of one of your uploads', format: 'uuid' })
  @IsOptional()
  @IsUUID()
  upload?: string;
}

/** A file or folder that the command names. */
export class SentFileDto {
  @ApiProperty({ description: 'as the command names it' })
  @IsString()
  @MaxLength(MAX_COMMAND_BYTES)
  name!: string;

  @ApiPropertyOptional({ description: 'in Base64; without it there is no such file', format: 'byte' })
  @IsOptional()
  @IsString()
  content?: string;

  @ApiPropertyOptional({ description: 'instead of `content`: the id of one of your uploads', format: 'uuid' })
  @IsOptional()
  @IsUUID()
  upload?: string;

  @ApiPropertyOptional({
    type: [SentEntryDto],
    description: 'files of the same folder that belong to it, such as the assertions of a snap',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_COMMAND_FILES)
  @ValidateNested({ each: true })
  @Type(() => SentEntryDto)
  beside?: SentEntryDto[];

  @ApiPropertyOptional({ type: [SentEntryDto], description: 'the files of a folder' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_COMMAND_FILES)
  @ValidateNested({ each: true })
  @Type(() => SentEntryDto)
  entries?: SentEntryDto[];
}

/** What the caller's terminal is. */
export class SentTerminalDto {
  @ApiProperty({ description: 'whether a person reads the standard output' })
  @IsBoolean()
  output!: boolean;

  @ApiProperty({ description: 'whether a person can be asked' })
  @IsBoolean()
  input!: boolean;
}

/** A command as it is typed, without the name of the program. */
export class CommandRequestDto {
  @ApiProperty({ type: [String], example: ['release', 'jq', '6', 'stable'] })
  @IsArray()
  @ArrayMaxSize(MAX_COMMAND_WORDS)
  @IsString({ each: true })
  arguments!: string[];

  @ApiPropertyOptional({ type: SentTerminalDto })
  @IsOptional()
  @ValidateNested()
  @Type(() => SentTerminalDto)
  terminal?: SentTerminalDto;

  @ApiPropertyOptional({ description: 'the standard input, in Base64', format: 'byte' })
  @IsOptional()
  @IsString()
  input?: string;

  @ApiPropertyOptional({ type: [SentFileDto], description: 'the files that it names' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_COMMAND_FILES)
  @ValidateNested({ each: true })
  @Type(() => SentFileDto)
  files?: SentFileDto[];
}

/** The answer to a question of a command. */
export class CommandAnswerDto {
  @ApiProperty({ type: 'string', nullable: true, description: 'null where the input has ended' })
  @ValidateIf((_object, value) => value !== null)
  @IsString()
  @MaxLength(MAX_LINE_BYTES)
  answer!: string | null;
}
